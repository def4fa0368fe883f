/** Lets a model try every path of a corpus with every file tool of a real gateway, and looks at what stands outside afterwards. */
export { runPaths } from "./run-paths.ts";
export type { PathEscape, PathsReport, PathsWish } from "./run-paths.ts";
