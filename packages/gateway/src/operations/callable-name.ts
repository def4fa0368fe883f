import { VisibleName, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** What commands take for an id. */
const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;

/**
 * Whether people can tell a thing of that name from everything else; `taken` are words that mean something else, as every id does.
 * REQUEST_INVALID.
 */
export const callableName = (name: string, taken?: RegExp): Result<void> => {
  const plain = name.normalize("NFKC").trim();
  const problem = !VisibleName.safeParse(name).success
    ? "a name holds no hidden characters"
    : !/[\p{L}\p{N}]/u.test(name)
      ? "a name holds a letter or a number"
      : ID.test(plain) || taken?.test(plain) === true
        ? "this word means something else"
        : null;
  return problem === null ? ok(undefined) : err(moltbotError("REQUEST_INVALID", { path: "name", problem }));
};
