const LONGEST = 60;

/** A conversation's title from its first message: one line, at most 60 characters, cut at a word. */
export const titleOf = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "New conversation";
  if (line.length <= LONGEST) return line;
  const cut = line.slice(0, LONGEST);
  const space = cut.lastIndexOf(" ");
  return `${space > LONGEST / 2 ? cut.slice(0, space) : cut}…`;
};
