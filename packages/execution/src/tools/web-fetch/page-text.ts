import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { EgressResponse } from "../../egress/index.ts";
import { decodeText } from "./decode-text.ts";
import { readHtml } from "./html/read-html.ts";

const MOST_BYTES_FOR_MODEL = 32 * 1024;
const READABLE = /^(text\/[\w.+-]+|application\/([\w.-]+\+)?(json|xml))$/;
/** What cannot be read and has a name that people know. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^application\/pdf$/, "it is a PDF, and only text, HTML, JSON and XML can be read"],
  [/^(image|audio|video|font)\//, "it is a picture, sound or film, and only text, HTML, JSON and XML can be read"],
];
const NO_TEXT = "it is not text, JSON or XML";

/** At most 32 KB, cut between characters, with a note that says so. */
const shortened = (text: string): string => {
  const bytes = Buffer.from(text);
  if (bytes.length <= MOST_BYTES_FOR_MODEL) return text;
  const kept = new TextDecoder().decode(bytes.subarray(0, MOST_BYTES_FOR_MODEL), { stream: true });
  return `${kept}\n\n[Shortened: the first ${MOST_BYTES_FOR_MODEL} of ${bytes.length} bytes.]`;
};

const ofHtml = async (html: string, address: string, signal: AbortSignal): Promise<string> => {
  const { title, text, leftOut } = await readHtml(html, address, signal);
  const words = shortened([title, text].filter((part) => part !== "").join("\n\n"));
  return leftOut.length === 0 ? words : `${words}\n\n[Left out: ${leftOut.join("; ")}.]`;
};

const typeOf = (header: string): { readonly type: string; readonly charset: string | undefined } => {
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters.find((part) => part.startsWith("charset="));
  return { type, charset: charset?.slice("charset=".length).replaceAll('"', "").replaceAll("'", "") };
};

/** Bytes that call themselves text and are none: a name in a header is the server's word. */
const isBinary = (body: Uint8Array, text: string): boolean =>
  text.slice(0, 1024).includes("\0") || Buffer.from(body.subarray(0, 5)).toString("latin1") === "%PDF-";

/** The words of an answer for a model; FETCH_FAILED when it is no text or not a success. */
export const pageText = async (answer: EgressResponse, host: string, signal: AbortSignal): Promise<Result<string>> => {
  const failed = (problem: string): Result<string> => err(moltbotError("FETCH_FAILED", { host, problem }));
  const { status, headers, body, url } = answer;
  if (status < 200 || status > 299) return failed(`it answered with status ${String(status)}`);
  const { type, charset } = typeOf(headers["content-type"] ?? "");
  if (!READABLE.test(type)) return failed(NAMES.find(([kind]) => kind.test(type))?.[1] ?? NO_TEXT);
  const isPage = type === "text/html" || type === "application/xhtml+xml";
  const text = decodeText(body, charset, isPage || type.endsWith("xml"));
  if (isBinary(body, text)) return failed(NO_TEXT);
  return ok(isPage ? await ofHtml(text, url, signal) : shortened(text));
};
