/** What is left of one budget. */
export interface Budget {
  readonly name: string;
  readonly quota: number;
  /** Seconds. */
  readonly window: number;
  readonly remaining: number;
  /** Seconds until the whole quota is there again. */
  readonly reset: number;
  /** Requests where nothing else is said. */
  readonly unit?: "content-bytes" | undefined;
}

/**
 * The headers RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers): a structured field list (RFC 9651) each, one
 * item a budget, its name as a string. No partition is named: whoever reads the answer is the one who was counted.
 */
export const rateHeaders = (budgets: readonly Budget[]): Readonly<Record<string, string>> => {
  if (budgets.length === 0) return {};
  const policy = ({ name, quota, window, unit }: Budget): string =>
    `"${name}";q=${quota};w=${window}${unit === undefined ? "" : `;qu="${unit}"`}`;
  const state = ({ name, remaining, reset }: Budget): string => `"${name}";r=${remaining};t=${reset}`;
  return {
    "RateLimit-Policy": budgets.map(policy).join(", "),
    RateLimit: budgets.map(state).join(", "),
  };
};
