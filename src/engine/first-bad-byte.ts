/** Where bytes that are not UTF-8 begin to be none: line and column (in bytes), both from 1. Only for bytes that do not decode. */
export function firstBadByte(bytes: Uint8Array): { line: number; column: number } {
  // Binary search for the longest prefix that decodes; a sequence cut off at the end of a prefix is not an error yet (stream).
  const decodes = (length: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (middle <= bytes.length && decodes(middle)) good = middle;
    else bad = middle;
  }
  // What is left may end in the first bytes of a character that never came to its end.
  const endsWhole = (): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, good));
      return true;
    } catch {
      return false;
    }
  };
  while (!endsWhole()) good--;
  let line = 1;
  let column = 1;
  for (let i = 0; i < good; i++) {
    if (bytes[i] === 10) {
      line++;
      column = 1;
    } else column++;
  }
  return { line, column };
}
