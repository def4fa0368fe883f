/** Every character that a person does not see, whatever it is for. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u{FFF9}-\u{FFFB}\u2800]/gu;
const TAG = /[\u{E0020}-\u{E007E}]/gu;

/** A text as a reader without eyes takes it: tags as the letters they stand for, without what cannot be seen, in plain letters. */
export const revealed = (text: string): string =>
  text
    .replace(TAG, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0xe0020) - 0xe0000))
    .replace(UNSEEN, "")
    .normalize("NFKC");
