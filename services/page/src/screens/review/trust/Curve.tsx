import type { Precision } from "../types";
import { percent } from "./words";

const [WIDTH, HEIGHT] = [320, 216];
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 8, 12, 48];
const MOST_RADIUS = 9;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

const x = (confidence: number) => LEFT + confidence * (WIDTH - LEFT - RIGHT);
const y = (share: number) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);

interface Props {
  precision: Precision;
  wanted: number;
  /** The suggested threshold; null: there is none. */
  threshold: number | null;
}

/** How often events are right, by confidence: the curve with its 95 % band, and the bands that were counted. */
export function Curve({ precision, wanted, threshold }: Props) {
  const { curve, bands } = precision;
  const line = curve.map((at) => `${x(at.confidence)},${y(at.precision)}`).join(" ");
  const band = [
    ...curve.map((at) => `${x(at.confidence)},${y(at.high)}`),
    ...curve.toReversed().map((at) => `${x(at.confidence)},${y(at.low)}`),
  ].join(" ");
  const most = Math.max(1, ...bands.map(({ n }) => n));
  return (
    <svg class="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={summarize(precision, threshold)}>
      <Axes />
      {curve.length > 0 && <polygon class="interval" points={band} />}
      <line class="wanted" x1={LEFT} x2={WIDTH - RIGHT} y1={y(wanted)} y2={y(wanted)} />
      {curve.length > 0 && <polyline class="fit" points={line} />}
      {threshold !== null && <line class="threshold" x1={x(threshold)} x2={x(threshold)} y1={TOP} y2={y(0)} />}
      {bands
        .filter(({ n }) => n > 0)
        .map(({ from, to, n, confirmed }) => (
          <g key={from}>
            <circle
              class="band"
              cx={x((from + to) / 2)}
              cy={y(confirmed / n)}
              r={Math.max(2.5, MOST_RADIUS * Math.sqrt(n / most))}
            />
            <text class="count" x={x((from + to) / 2)} y={HEIGHT - 19}>
              {n}
            </text>
          </g>
        ))}
    </svg>
  );
}

function Axes() {
  return (
    <>
      {TICKS.map((tick) => (
        <g key={tick}>
          <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text class="tick right" x={LEFT - 4} y={y(tick) + 4}>
            {percent(tick)}
          </text>
          <text class={`tick ${tick === 1 ? "right" : ""}`} x={tick === 1 ? WIDTH - RIGHT : x(tick)} y={HEIGHT - 33}>
            {tick}
          </text>
        </g>
      ))}
      <text class="tick" x={x(0.5)} y={HEIGHT - 4}>
        Confidence; below it, how many were reviewed
      </text>
    </>
  );
}

function summarize({ n, confirmed, curve }: Precision, threshold: number | null): string {
  const points = [0.25, 0.5, 0.75]
    .map((at) => curve.find(({ confidence }) => Math.abs(confidence - at) < 1e-6))
    .flatMap((at) => (at === undefined ? [] : [`${percent(at.precision)} at confidence ${at.confidence}`]));
  return [
    `Precision by confidence, from ${n} reviews, ${confirmed} of them right`,
    ...(points.length > 0 ? [`By the curve, right are ${points.join(", ")}`] : []),
    ...(threshold === null ? [] : [`Suggested threshold: ${threshold}`]),
  ].join(". ");
}
