/** A name inside a sentence: between Unicode isolates, so that a right-to-left name does not turn the words around it. */
export function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}
