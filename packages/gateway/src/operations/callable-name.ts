import { VisibleName, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** Whether people can tell a thing of that name from everything else; `taken` are words that mean something else. REQUEST_INVALID. */
export const callableName = (name: string, taken: RegExp): Result<void> => {
  const problem = !VisibleName.safeParse(name).success
    ? "a name holds no hidden characters"
    : !/[\p{L}\p{N}]/u.test(name)
      ? "a name holds a letter or a number"
      : taken.test(name.normalize("NFKC").trim())
        ? "this word means something else"
        : null;
  return problem === null ? ok(undefined) : err(moltbotError("REQUEST_INVALID", { path: "name", problem }));
};
