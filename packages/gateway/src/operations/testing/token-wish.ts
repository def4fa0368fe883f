/** A token of an owner for one day that may whatever they may, without a key or a limit of its own. */
export const TOKEN_WISH = {
  name: "script",
  role: "owner",
  days: 1,
  scopes: null,
  integrity: "authority",
  key: null,
  tokensPerDay: null,
  moneyPerDay: null,
} as const;
