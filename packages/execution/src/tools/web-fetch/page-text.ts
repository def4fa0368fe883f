import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { compile } from "html-to-text";
import type { EgressResponse } from "../../egress/index.ts";

const MOST_BYTES_FOR_MODEL = 32 * 1024;
const MOST_HTML = 1_000_000;
const READABLE = /^(text\/[\w.+-]+|application\/([\w.-]+\+)?(json|xml))$/;

const toText = compile({
  wordwrap: false,
  selectors: [
    { selector: "a", options: { ignoreHref: true } },
    ...["img", "script", "style", "noscript", "template", "svg", "title", "head"].map((selector) => ({
      selector,
      format: "skip",
    })),
  ],
  limits: { maxInputLength: MOST_HTML, maxDepth: 100, maxChildNodes: 10_000 },
});

const decode = (body: Uint8Array, charset: string): string => {
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
};

const titleOf = (html: string): string => {
  const title = /<title[^>]{0,200}>([^<]{1,500})/i.exec(html.slice(0, 100_000))?.[1] ?? "";
  return toText(title).replace(/\s+/g, " ").trim();
};

const ofHtml = (html: string): string => {
  const title = titleOf(html);
  const text = toText(html).trim();
  return title === "" ? text : `${title}\n\n${text}`;
};

/** At most 32 KB, cut between characters, with a note that says so. */
const shortened = (text: string): string => {
  const bytes = Buffer.from(text);
  if (bytes.length <= MOST_BYTES_FOR_MODEL) return text;
  const kept = new TextDecoder().decode(bytes.subarray(0, MOST_BYTES_FOR_MODEL), { stream: true });
  return `${kept}\n\n[Shortened: the first ${MOST_BYTES_FOR_MODEL} of ${bytes.length} bytes.]`;
};

/** The words of an answer for a model; FETCH_FAILED when it is no text or not a success. */
export const pageText = (answer: EgressResponse, host: string): Result<string> => {
  if (answer.status < 200 || answer.status > 299) {
    return err(moltbotError("FETCH_FAILED", { host, problem: `it answered with status ${answer.status}` }));
  }
  const [type = "", ...parameters] = (answer.headers["content-type"] ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  if (!READABLE.test(type)) return err(moltbotError("FETCH_FAILED", { host, problem: "it is not text, JSON or XML" }));
  const charset =
    parameters
      .find((part) => part.startsWith("charset="))
      ?.slice("charset=".length)
      .replaceAll('"', "") ?? "utf-8";
  const text = decode(answer.body, charset);
  return ok(shortened(type === "text/html" || type === "application/xhtml+xml" ? ofHtml(text) : text));
};
