const LONGEST = 200;

/** A model's text in a sentence for people: quoted, shortened, and with invisible characters made visible. */
export const quote = (text: string): string => {
  // Invisible and direction-changing characters could make the sentence read differently from what will happen.
  const visible = text
    .replace(/\r?\n/g, " ⏎ ")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, "□")
    .replaceAll("”", "″");
  const letters = Array.from(visible);
  return `“${letters.length > LONGEST ? `${letters.slice(0, LONGEST).join("")}…` : visible}”`;
};
