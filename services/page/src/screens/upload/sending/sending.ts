/** Brings the bytes of one file to the service, by tus, over lines that break. */
import type { DetailedError, HttpRequest, HttpResponse, Upload } from "tus-js-client";

import { isReachable, refusals, request } from "../../../api/client";
import { parseProblem, Problem } from "../../../api/problems";
import { BEGINNING_BYTES } from "./beginning";
import { checkStop, isWorthAnotherTry, onStop, Stopped, waitOut } from "./patience";
import { forget, recall, remember } from "./remembered";
import { openUpload } from "./tus";
import { unreadable } from "./unreadable";

const UPLOADS = "/v1/uploads";
/** The service counts bytes in such parts, and no more are in memory at once. */
const PART_BYTES = 8 << 20;

export interface Watcher {
  /** Called often: so many bytes are on their way or here. */
  progress: (bytes: number) => void;
  /** It went on with what was here, from an earlier visit or before a cut. */
  resumed: (bytes: number) => void;
  /** Something is in the way, and it will be tried again; null: it goes on. */
  waits: (problem: Problem | null) => void;
}

export class Sending {
  private readonly upload: Upload;
  private here = 0;

  constructor(
    private readonly file: File,
    private readonly fingerprint: string,
    private readonly watcher: Watcher,
  ) {
    this.upload = openUpload(file, {
      endpoint: new URL(UPLOADS, location.href).href,
      uploadUrl: recall(fingerprint),
      metadata: { filename: file.name },
      chunkSize: BEGINNING_BYTES,
      // `bring` tries again by itself: it honors Retry-After, waits for a sign-in, and never gives up on a line.
      retryDelays: null,
      // Its own fingerprint takes two files of one name, size and time for one.
      storeFingerprintForResuming: false,
      onProgress: (bytes) => watcher.progress(bytes),
      onAfterResponse: (asked, answer) => this.note(asked, answer),
      onUploadUrlAvailable: () => this.upload.url !== null && remember(fingerprint, this.upload.url),
    });
  }

  /** Its name at the service; null before it has begun. */
  get id(): string | null {
    return this.upload.url?.split("/").at(-1) ?? null;
  }

  /** Send bytes until so many of them are here, or all. Throws `Problem` where trying again does not help. */
  async bring(bytes: number, stop: AbortSignal): Promise<void> {
    checkStop(stop);
    let tries = 0;
    while (this.here < Math.min(bytes, this.file.size) || this.here === 0) {
      const before = this.here;
      try {
        await this.sendOnce(bytes, stop);
        this.watcher.waits(null);
        return;
      } catch (error) {
        checkStop(stop);
        if (this.here > before) tries = 0;
        const problem = await this.problemOf(error);
        if (!isWorthAnotherTry(problem, tries)) throw problem;
        if (problem.isUnreachable && tries > 0) isReachable.value = false;
        this.watcher.waits(problem);
        await waitOut(problem, tries, stop);
        tries += 1;
      }
    }
  }

  /** Begin anew: what was here has expired. */
  restart(): void {
    forget(this.fingerprint);
    this.upload.url = null;
    this.upload.options.uploadUrl = null;
    this.here = 0;
  }

  /** Have nothing of it left, here and at the service. */
  async remove(): Promise<void> {
    const id = this.id;
    this.done();
    if (id === null) return;
    try {
      await request(`${UPLOADS}/${id}`, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" }, keepalive: true });
    } catch (error) {
      // It expires by itself.
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** It became a recording. */
  done(): void {
    forget(this.fingerprint);
  }

  private sendOnce(bytes: number, stop: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const { options } = this.upload;
      options.onSuccess = () => {
        this.here = this.file.size;
        resolve();
      };
      options.onError = reject;
      options.onChunkComplete = (_, here) => {
        this.here = here;
        options.chunkSize = PART_BYTES;
        this.watcher.waits(null);
        if (here < bytes) return;
        void this.upload.abort();
        resolve();
      };
      onStop(stop, () => {
        void this.upload.abort();
        reject(new Stopped());
      });
      this.upload.start();
    });
  }

  private note(asked: HttpRequest, answer: HttpResponse): void {
    const [method, status] = [asked.getMethod(), answer.getStatus()];
    isReachable.value = true;
    if (status === 401) refusals.value += 1;
    if (method === "HEAD" && status === 200) {
      this.here = Number(answer.getHeader("Upload-Offset"));
      if (this.here > 0) {
        this.upload.options.chunkSize = PART_BYTES;
        this.watcher.resumed(this.here);
      }
    }
    // tus-js-client takes every 4xx here for an upload that is gone, and would begin anew where nobody is signed in.
    if (method === "HEAD" && status >= 400 && status !== 404 && status !== 410) throw problemOf(answer);
    if (method === "HEAD" && status >= 400) this.here = 0;
  }

  private async problemOf(error: unknown): Promise<Problem> {
    const { originalResponse, causingError } = error as Partial<DetailedError>;
    if (causingError instanceof Problem) return causingError;
    if (originalResponse != null) return problemOf(originalResponse);
    if (!(await this.isReadable())) return unreadable(this.file);
    return new Problem("unreachable", 0, "The line was cut.");
  }

  private async isReadable(): Promise<boolean> {
    try {
      await this.file.slice(0, 1).arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }
}

function problemOf(answer: HttpResponse): Problem {
  return parseProblem(answer.getStatus(), answer.getHeader("Retry-After"), answer.getBody());
}
