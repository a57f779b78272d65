import { LEAST_RANGE_DB, type Pictures } from "./pictures";
import { useModel } from "../model";

const AROUND_DB = 40;

/** From which level sounds are seen, and from which they are strongest. */
export function Contrast({ pictures }: { pictures: Pictures }) {
  const { spectrogram, contrast_db } = useModel();
  const about = spectrogram.value;
  if (about === null) return null;
  const [low, high] = pictures.contrast_db.value;
  const least = Math.max(about.min_db, Math.floor(about.contrast.low_db - AROUND_DB));
  const most = Math.min(about.max_db, Math.ceil(about.contrast.high_db + AROUND_DB));
  return (
    <div class="contrast">
      <Level
        name="Faintest shown"
        value={low}
        range={[least, most]}
        choose={(db) => (contrast_db.value = [db, Math.max(high, db + LEAST_RANGE_DB)])}
      />
      <Level
        name="Full strength from"
        value={high}
        range={[least, most]}
        choose={(db) => (contrast_db.value = [Math.min(low, db - LEAST_RANGE_DB), db])}
      />
      <button
        type="button"
        title="Take the contrast that fits this recording"
        disabled={contrast_db.value === null}
        onClick={() => (contrast_db.value = null)}
      >
        Automatic
      </button>
    </div>
  );
}

interface LevelProps {
  name: string;
  value: number;
  range: [number, number];
  choose: (db: number) => void;
}

function Level({ name, value, range, choose }: LevelProps) {
  const said = `${Math.round(value)} dB`.replace("-", "−");
  return (
    <label>
      <span>{name}</span>
      <input
        type="range"
        min={range[0]}
        max={range[1]}
        step={1}
        value={value}
        aria-valuetext={said}
        onInput={(event) => choose(event.currentTarget.valueAsNumber)}
      />
      <span class="number soft">{said}</span>
    </label>
  );
}
