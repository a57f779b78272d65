import { Problem } from "../../../api/problems";

/** What is said of a file that was there when it was chosen and cannot be read now. */
export function unreadable(file: File): Problem {
  const text = `${file.name} cannot be read any more. Is the card still in? Put it back and choose the file again.`;
  return new Problem("unreadable", 400, text);
}
