import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result, SecretWatch } from "@moltbot/contracts";
import type { Outgoing } from "../exchange.ts";
import { canaryWords, needlesOf, squeezed } from "./find-needles.ts";
import { opened } from "./open-compressed.ts";
import { bytesOf, readEveryWay } from "./read-every-way.ts";

/** More is not read, and so not sent. */
const MOST_BYTES = 131_072;
/** How much of two neighbours is read as one text. */
const SEAM = 2_048;

/** What is known of the secrets of the house while a request is looked at. */
export interface OutgoingWatch {
  readonly secrets: SecretWatch;
  /** Whether this home made a text of a canary's form. */
  readonly isCanary: (word: string) => boolean;
}

type Sent = Pick<Outgoing, "target" | "headers" | "body">;
type Where = "address" | "headers" | "body";

const unchecked = (problem: string) => err(moltbotError("REQUEST_UNCHECKED", { problem }));

const bodyOf = ({ body }: Sent): string =>
  body === null ? "" : typeof body === "string" ? bytesOf(body) : Buffer.from(body).toString("latin1");

/** A body said to be encoded must open; what it holds is read as well. */
const insideOf = (sent: Sent, body: string): Result<readonly string[]> => {
  const encoding = (sent.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (body === "" || encoding === "identity" || encoding === "") return { ok: true, value: [] };
  const inside = opened(body, encoding);
  return inside === null ? unchecked("its body is compressed and cannot be opened") : { ok: true, value: [inside] };
};

const partsOf = (
  sent: Sent,
  body: string,
  inside: readonly string[],
): readonly (readonly [Where, readonly string[]])[] => {
  const { target, headers } = sent;
  const query = target.path.includes("?") ? target.path.slice(target.path.indexOf("?") + 1) : "";
  const values = Object.values(headers).map(bytesOf);
  return [
    ["address", [`${target.authority}${target.path}`, query]],
    ["headers", [Object.entries(headers).flat().map(bytesOf).join("\n"), values.join("")]],
    ["body", [body, ...inside]],
    ["body", body === "" ? [] : [(query + values.join("")).slice(-SEAM) + body.slice(0, SEAM)]],
  ];
};

/**
 * Refuses a request that carries a secret of the vault or a canary in its address, headers or body, in any usual encoding
 * (REQUEST_CARRIES_SECRET), and one that cannot be read (REQUEST_UNCHECKED). Which secret it was is said to nobody: a model
 * would learn what it guessed.
 */
export const checkOutgoing = (watch: OutgoingWatch, sent: Sent): Result<void> => {
  const body = bodyOf(sent);
  if (body.length > MOST_BYTES) return unchecked(`its body is larger than ${String(MOST_BYTES)} bytes`);
  const inside = insideOf(sent, body);
  if (!inside.ok) return inside;
  const readings = partsOf(sent, body, inside.value).map(([where, texts]) => ({
    where,
    ...readEveryWay(texts.filter((text) => text !== "")),
  }));
  const found = watch.secrets.lendAll((secrets) => {
    const needles = needlesOf(secrets);
    return readings.find(({ texts }) =>
      [...texts].some((text) => {
        const letters = squeezed(text);
        return needles.foundIn(text, letters) || canaryWords(letters).some(watch.isCanary);
      }),
    )?.where;
  });
  if (!found.ok) return found;
  if (found.value !== undefined) return err(moltbotError("REQUEST_CARRIES_SECRET", { where: found.value }));
  return readings.every(({ whole }) => whole) ? done : unchecked("something in it cannot be opened");
};
