/** Account numbers that look right and can belong to nobody: the sum holds, the bank's code is all zeros. */
const digitsOf = (text: string): string => text.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));

const remainder = (digits: string): number =>
  Array.from(digits).reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0);

/** Whether the sum of ISO 13616 holds. */
export const isIbanSum = (iban: string): boolean => {
  const text = iban.replaceAll(" ", "");
  return remainder(digitsOf(text.slice(4) + text.slice(0, 4))) === 1;
};

const withSum = (country: string, account: string): string =>
  `${country}${String(98 - remainder(digitsOf(`${account}${country}00`))).padStart(2, "0")}${account}`;

/** A German one, at the bank 000 000 00, which there is not. */
export const germanIban = (account: number): string => withSum("DE", `00000000${String(account).padStart(10, "0")}`);

/** A Spanish one, at the bank 0000, which there is not. */
export const spanishIban = (account: number): string => withSum("ES", `00000000${String(account).padStart(12, "0")}`);
