import { revealed } from "./reveal.ts";

const SHAPE = /mbc-[a-z2-7]{32}/gi;

const shapesIn = (text: string): readonly string[] => [...text.matchAll(SHAPE)].map(([found]) => found.toLowerCase());

const ofCodes = (codes: string): string => {
  try {
    return decodeURIComponent(codes);
  } catch {
    return codes.replace(/%([2-7][0-9a-f])/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
};

const percentDecoded = (text: string): string => text.replace(/(?:%[0-9a-f]{2})+/gi, ofCodes);

const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{48,100000}/g;
const HEX = /(?<![0-9a-f])(?:[0-9a-f]{2}){36,50000}/gi;

const ofBase64 = (run: string): string => {
  const letters = run.replaceAll("-", "+").replaceAll("_", "/");
  try {
    return atob(letters.slice(0, letters.length - (letters.length % 4 === 1 ? 1 : 0)));
  } catch {
    return ""; // not of that alphabet after all
  }
};

const ofHex = (run: string): string => run.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));

const decodedIn = (text: string): readonly string[] => [
  ...[...text.matchAll(BASE64)].map(([run]) => ofBase64(run)),
  ...[...text.matchAll(HEX)].map(([run]) => ofHex(run)),
];

/** The letters of canaries alone: spaces, dashes and quotes between them hide nothing. */
const lettersTogether = (text: string): readonly string[] =>
  [...text.replace(/[^A-Za-z2-7]+/g, "").matchAll(/mbc(?=([a-z2-7]{32}))/gi)].map(
    ([, letters = ""]) => `mbc-${letters.toLowerCase()}`,
  );

/**
 * Every text of a canary's form, once each, also inside a longer word, with other characters between its letters, in other
 * letter forms, backwards, percent-encoded, as hex or base64. Whether it is one of ours only its maker can say.
 */
export const canariesIn = (text: string): readonly string[] => {
  const plain = revealed(text);
  const backwards = Array.from(plain).toReversed().join("");
  const once = revealed(percentDecoded(plain));
  const readings = [text, plain, backwards, once, percentDecoded(once)];
  return [
    ...new Set([
      ...[...readings, ...decodedIn(once), ...decodedIn(decodedIn(once).join("\n"))].flatMap(shapesIn),
      ...lettersTogether(once),
    ]),
  ];
};
