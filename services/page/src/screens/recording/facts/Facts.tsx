/** What is known of the recording and its analysis, and what to know before trusting it. */
export function Facts() {
  return null;
}
