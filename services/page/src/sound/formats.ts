/** Which formats this browser plays. */
import { chooseFormat, type ClipFormat, type Stretch } from "./clips";

const TYPES: Record<ClipFormat, string> = {
  flac: "audio/flac",
  wav: "audio/wav",
  opus: 'audio/ogg; codecs="opus"',
  mp3: "audio/mpeg",
};
const INSTEAD: Partial<Record<ClipFormat, ClipFormat>> = { flac: "wav", opus: "mp3" };
const refused = new Set<ClipFormat>();

/** Return the format in which to ask for a clip. */
export function formatFor(clip: Stretch): ClipFormat {
  const probe = new Audio();
  return chooseFormat(clip, (format) => !refused.has(format) && probe.canPlayType(TYPES[format]) !== "");
}

/** Remember that the browser said it could play a format, and could not; return whether there is another instead. */
export function refuseFormat(format: ClipFormat): boolean {
  refused.add(format);
  return INSTEAD[format] !== undefined;
}
