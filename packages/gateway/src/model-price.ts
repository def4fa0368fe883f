/** Money is counted in whole millionths of a currency: sums are exact. */
export const MILLION = 1_000_000;
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** What a million tokens cost, in the currency of the settings. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
}
/** What one answer took. */
export interface ModelTokens {
  readonly input: number;
  readonly output: number;
}

/** Our own model, which runs on this machine. */
const DEMONSTRATION = "demo";

/** What the settings say that a model costs; undefined: nobody said. */
export const priceOf = (
  { providers }: { readonly providers: Readonly<Record<string, { readonly price?: ModelPrice | undefined }>> },
  model: string,
): ModelPrice | undefined => {
  if (model === DEMONSTRATION) return { input: 0, output: 0 };
  return Object.hasOwn(providers, model) ? providers[model]?.price : undefined;
};

/** An amount of the settings in millionths. */
export const millionthsOf = (amount: number): number => Math.round(amount * MILLION);

/** What so many tokens cost, in millionths, rounded up: a price is never forgotten in small answers. */
export const costOf = ({ input, output }: ModelTokens, price: ModelPrice): number => {
  const exact = BigInt(input) * BigInt(millionthsOf(price.input)) + BigInt(output) * BigInt(millionthsOf(price.output));
  const whole = (exact + BigInt(MILLION) - 1n) / BigInt(MILLION);
  return Number(whole > MOST ? MOST : whole);
};
