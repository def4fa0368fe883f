const MOST_SECONDS = 31_536_000;

/** The seconds that a Retry-After header asks for (RFC 9110, 10.2.3: a number, or a date); null when it is neither. */
export const secondsOf = (header: string, now: number): number | null => {
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MOST_SECONDS);
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.min(Math.max(0, (at - now) / 1000), MOST_SECONDS);
};
