/** A tile's levels, and the picture that a color map makes of them. */

/** What turns levels into pixels; `name` differs where the table does. */
export interface Look {
  readonly name: string;
  readonly table: Uint32Array;
}

/** Read the levels of a picture as the service sends it: gray, transparent where there is no sound (level 0). */
export async function readLevels(content: Blob, width: number, height: number): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(content, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  const context = scratch(width, height);
  context.clearRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = context.getImageData(0, 0, width, height).data;
  const levels = new Uint8Array(width * height);
  for (let i = 0; i < levels.length; i++) {
    levels[i] = (pixels[4 * i + 3] ?? 0) < 128 ? 0 : Math.max(1, pixels[4 * i] ?? 0);
  }
  return levels;
}

/** Levels, and the bitmap that was made of them last: panning draws it again without touching a pixel. */
export class TilePicture {
  private bitmap: ImageBitmap | null = null;
  private madeFor = "";

  constructor(
    private readonly levels: Uint8Array,
    private readonly width: number,
    private readonly height: number,
  ) {}

  draw(look: Look): ImageBitmap {
    if (this.bitmap !== null && this.madeFor === look.name) return this.bitmap;
    this.close();
    const context = scratch(this.width, this.height);
    const image = context.createImageData(this.width, this.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < this.levels.length; i++) pixels[i] = look.table[this.levels[i] ?? 0] ?? 0;
    context.putImageData(image, 0, 0);
    this.madeFor = look.name;
    this.bitmap = context.canvas.transferToImageBitmap();
    return this.bitmap;
  }

  /** Give the bitmap's memory back. */
  close(): void {
    this.bitmap?.close();
    this.bitmap = null;
  }
}

let shared: OffscreenCanvasRenderingContext2D | null = null;

function scratch(width: number, height: number): OffscreenCanvasRenderingContext2D {
  if (shared?.canvas.width === width && shared.canvas.height === height) return shared;
  shared = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (shared === null) throw new Error("this browser draws no pictures");
  return shared;
}
