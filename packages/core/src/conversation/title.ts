const LONGEST = 60;

/** A conversation's title from its first message: one line, at most 60 characters, cut at a word. */
export const titleOf = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "New conversation";
  const letters = Array.from(line);
  if (letters.length <= LONGEST) return line;
  const cut = letters.slice(0, LONGEST - 1).join("");
  const space = cut.lastIndexOf(" ");
  return `${space > LONGEST / 2 ? cut.slice(0, space) : cut}…`;
};
