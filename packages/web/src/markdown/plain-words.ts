/** Markdown as plain words, for announcements. */
export const plainWords = (text: string): string =>
  text
    .replace(/```[\s\S]*?(```|$)/g, " code ")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_`#>|~]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
