/** Draws the axis of frequencies that stands at the left of a spectrogram. */
import { formatKhz, frequencyScale, frequencyTicks } from "./frequency_scale";
import type { Size } from "./Plot";
import { resolveColor } from "./theme";

const ROOM = 30;

/** Draw the frequencies of a band, the highest at the top. */
export function drawFrequencyAxis(
  context: CanvasRenderingContext2D,
  size: Size,
  band_hz: readonly [number, number],
): void {
  const scale = frequencyScale(band_hz, size.height);
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "right";
  context.textBaseline = "middle";
  const ticks = frequencyTicks(scale, ROOM).filter((hz) => scale.toY(hz) > ROOM / 2);
  for (const hz of ticks) drawTick(context, size, scale.toY(hz), formatKhz(hz));
  drawTick(context, size, 0, `${formatKhz(scale.high_hz)} kHz`);
}

function drawTick(context: CanvasRenderingContext2D, size: Size, y: number, label: string): void {
  context.fillStyle = resolveColor("control-line");
  context.fillRect(size.width - 5, Math.min(Math.round(y), size.height - 1), 5, 1);
  context.fillStyle = resolveColor("ink-soft");
  // Narrowed rather than cut: "22.05 kHz" without its first digit would be another frequency.
  context.fillText(label, size.width - 9, Math.min(Math.max(y, 6), size.height - 5), size.width - 9);
}
