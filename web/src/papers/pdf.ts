/** Draws the pages of a PDF onto canvases, one below the other, with their words beside them for screen readers. */

import * as pdfjs from "pdfjs-dist";
import workerAddress from "pdfjs-dist/build/pdf.worker.min.mjs?url";
import type { Bytes } from "../device/bytes";

pdfjs.GlobalWorkerOptions.workerSrc = workerAddress;

/** Canvas pixels per CSS pixel: enough for the largest enlargement, and no more than a phone's memory bears. */
const SHARPNESS_MIN = 2;
const SHARPNESS_MAX = 3;

export interface Page {
  canvas: HTMLCanvasElement;
  words: string;
}

/** All pages, drawn for a column of this many CSS pixels, told as they are ready. Returns how many there are. */
export async function drawPages(
  bytes: Bytes,
  widthPx: number,
  tell: (page: Page, number: number) => void,
): Promise<number> {
  // pdf.js takes the buffer away from its caller, so it gets a copy.
  const task = pdfjs.getDocument({ data: bytes.slice(), useWasm: false, enableXfa: false, disableAutoFetch: true });
  const pdf = await task.promise;
  try {
    for (let number = 1; number <= pdf.numPages; number++) tell(await drawPage(pdf, number, widthPx), number);
    return pdf.numPages;
  } finally {
    await task.destroy();
  }
}

async function drawPage(pdf: pdfjs.PDFDocumentProxy, number: number, widthPx: number): Promise<Page> {
  const page = await pdf.getPage(number);
  const plain = page.getViewport({ scale: 1 });
  const scale = (widthPx / plain.width) * Math.min(Math.max(window.devicePixelRatio, SHARPNESS_MIN), SHARPNESS_MAX);
  const viewport = page.getViewport({ scale });
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  await page.render({ canvas, viewport }).promise;
  const text = await page.getTextContent();
  const words = text.items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
  return { canvas, words };
}
