/** tus-js-client without what no browser needs that can show this page: React Native, Cordova, a memory of its own. */
import type { Upload as Tus, UploadOptions } from "tus-js-client";
import XhrStack from "tus-js-client/lib.esm/browser/httpStack.js";
import BaseUpload from "tus-js-client/lib.esm/upload.js";

/** What a file is read through, piece by piece. */
const fileReader = {
  openFile: (file: File) =>
    Promise.resolve({
      size: file.size,
      slice: (start: number, end: number) => Promise.resolve({ value: file.slice(start, end), done: end >= file.size }),
      close: () => undefined,
    }),
};

/** An upload of a file in parts. */
export function openUpload(file: File, options: UploadOptions): Tus {
  return new BaseUpload(file, {
    ...BaseUpload.defaultOptions,
    httpStack: new XhrStack({}),
    fileReader,
    // `remembered.ts` knows what was begun on an earlier visit.
    fingerprint: () => Promise.resolve(""),
    ...options,
  });
}
