/** The spectrogram of the visible stretch, put together of the service's tiles. */
export function SpectrogramView() {
  return null;
}
