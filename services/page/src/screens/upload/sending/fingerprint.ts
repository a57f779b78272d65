/** Tells a file when it is chosen again, so that its upload goes on where it was. */

const SAMPLE_BYTES = 1 << 16;

/**
 * Return a name that only the same file has. Recorders that keep one schedule write files of one name, one size and one
 * time, so that some of the sound counts too: of its beginning, its middle and its end.
 */
export async function fingerprintOf(file: File): Promise<string> {
  const starts = [0, Math.max(0, Math.floor((file.size - SAMPLE_BYTES) / 2)), Math.max(0, file.size - SAMPLE_BYTES)];
  let hash = START;
  for (const start of starts) {
    hash = mix(hash, new Uint8Array(await file.slice(start, start + SAMPLE_BYTES).arrayBuffer()));
  }
  return [file.name, file.size, file.lastModified, ...hash.map((part) => part.toString(36))].join("-");
}

type Hash = readonly [number, number];
const START: Hash = [0xdeadbeef, 0x41c6ce57];

/** Two multiplicative hashes of 32 bits. Not `crypto.subtle`: browsers have it only where the page came over HTTPS. */
function mix([first, second]: Hash, bytes: Uint8Array): Hash {
  let [a, b] = [first, second];
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 2654435761);
    b = Math.imul(b ^ byte, 1597334677);
  }
  return [(a ^ (a >>> 16)) >>> 0, (b ^ (b >>> 15)) >>> 0];
}
