import type { EgressResponse } from "../../egress/index.ts";

const MOST_BYTES_FOR_MODEL = 32 * 1024;
const READABLE = /^(text\/[\w.+-]+|application\/([\w.-]+\+)?(json|xml|x-www-form-urlencoded))\s*(;|$)/i;
/** What of the head a caller goes on with; nothing else of it is shown. */
const SHOWN = ["content-type", "location", "link", "retry-after", "etag", "last-modified", "allow"];

const bodyText = ({ body, headers }: EgressResponse): string => {
  if (body.byteLength === 0) return "";
  if (!READABLE.test(headers["content-type"] ?? "")) return `[${String(body.byteLength)} bytes that are no text]`;
  const kept = new TextDecoder().decode(body.subarray(0, MOST_BYTES_FOR_MODEL), {
    stream: body.byteLength > MOST_BYTES_FOR_MODEL,
  });
  return body.byteLength > MOST_BYTES_FOR_MODEL
    ? `${kept}\n\n[Shortened: the first ${String(MOST_BYTES_FOR_MODEL)} of ${String(body.byteLength)} bytes.]`
    : kept;
};

/** An answer as a model reads it: status, the headers that matter, the body as text. */
export const answerText = (answer: EgressResponse): string => {
  if (answer.withheld === true) return `${String(answer.status)}\n\n[Not shown: the answer repeats a kept secret.]`;
  const head = SHOWN.flatMap((name) =>
    answer.headers[name] === undefined ? [] : [`${name}: ${answer.headers[name]}`],
  );
  return [[String(answer.status), ...head].join("\n"), bodyText(answer)].filter((part) => part !== "").join("\n\n");
};
