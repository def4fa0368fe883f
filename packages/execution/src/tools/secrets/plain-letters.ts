/** What is not seen, orders to a terminal, and letters of double width: a name or a key between them is still one. */
const VEILED =
  /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u{FFF9}-\u{FFFB}\u2800]|(?![\t\n\r\u0085])\p{Cc}(?:\[[\d;]{0,16}[A-Za-z])?|[\uff01-\uff5e]/gu;

/** A text in letters that can be recognised, and where each of them stands in the text itself. */
export interface PlainLetters {
  readonly text: string;
  readonly placeOf: (at: number) => number;
}

/** The same text without what hides its words; null where nothing does. */
export const plainLetters = (text: string): PlainLetters | null => {
  const pieces: string[] = [];
  const from: number[] = [];
  const at: number[] = [];
  let [last, length] = [0, 0];
  const take = (piece: string, place: number): void => {
    if (piece === "") return;
    pieces.push(piece);
    at.push(length);
    from.push(place);
    length += piece.length;
  };
  for (const { 0: veil, index } of text.matchAll(VEILED)) {
    take(text.slice(last, index), last);
    const code = veil.charCodeAt(0);
    if (code >= 0xff01 && code <= 0xff5e) take(String.fromCharCode(code - 0xfee0), index);
    last = index + veil.length;
  }
  if (last === 0) return null;
  take(text.slice(last), last);
  return {
    text: pieces.join(""),
    placeOf: (place) => {
      let [low, high] = [0, at.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((at[middle] ?? 0) <= place) low = middle;
        else high = middle - 1;
      }
      return (from[low] ?? 0) + place - (at[low] ?? 0);
    },
  };
};
