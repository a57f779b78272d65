/** What a clip goes through before it is heard: a high-pass, a gain, and a limiter where it was made louder. */

/** Resonances of the two stages of a fourth-order Butterworth filter (24 dB an octave), in dB as Web Audio wants them. */
const STAGES_DB = [20 * Math.log10(0.5412), 20 * Math.log10(1.3066)] as const;
const LIMIT = { threshold: -4, knee: 0, ratio: 20, attack: 0.002 } as const;
/** By so much the limiter of Web Audio raises all that passes it; it cannot be told not to. */
const RAISED_DB = -0.6 * LIMIT.threshold * (1 - 1 / LIMIT.ratio);
/** Long enough that a change does not click. */
const SMOOTH_S = 0.015;

export interface Settings {
  gainDb: number;
  /** Of the sound as it is played; 0: none. */
  highPassHz: number;
}

export class SoundGraph {
  private readonly stages: BiquadFilterNode[];
  private readonly gain: GainNode;
  private readonly limiter: DynamicsCompressorNode;
  private isLimited = false;

  constructor(
    readonly context: AudioContext,
    settings: Settings,
  ) {
    this.stages = STAGES_DB.map(
      (quality) => new BiquadFilterNode(context, { type: "highpass", frequency: 0, Q: quality }),
    );
    this.gain = new GainNode(context);
    this.limiter = new DynamicsCompressorNode(context, LIMIT);
    const [first, second] = this.stages as [BiquadFilterNode, BiquadFilterNode];
    first.connect(second).connect(this.gain).connect(context.destination);
    this.limiter.connect(context.destination);
    this.set(settings);
  }

  /** Have an element heard through this; returns its fader, open. An element can be connected once. */
  connect(element: HTMLMediaElement): GainNode {
    const fader = new GainNode(this.context);
    this.context.createMediaElementSource(element).connect(fader);
    fader.connect(this.stages[0] as AudioNode);
    return fader;
  }

  set({ gainDb, highPassHz }: Settings): void {
    const now = this.context.currentTime;
    for (const stage of this.stages) stage.frequency.setTargetAtTime(highPassHz, now, SMOOTH_S);
    const isLimited = gainDb > 0;
    this.gain.gain.setTargetAtTime(10 ** ((gainDb - (isLimited ? RAISED_DB : 0)) / 20), now, SMOOTH_S);
    this.limit(isLimited);
  }

  /** Without gain the sound reaches the ear as it was recorded: only what was made louder can be too loud. */
  private limit(isWanted: boolean): void {
    if (isWanted === this.isLimited) return;
    this.isLimited = isWanted;
    this.gain.disconnect();
    this.gain.connect(isWanted ? this.limiter : this.context.destination);
  }
}
