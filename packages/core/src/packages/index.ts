/**
 * What speaks for and against other people's code and instructions: whether a package is taken, what it may touch, what an update
 * would change, and whether its name passes for another's. Pure: digests and signatures were checked before, by others. It must
 * never read a package's bytes, believe what a package says of itself, or leave unsaid what one may do beyond the installed one.
 * The gateway asks before anything of a package is kept or run.
 */
export { differenceOf } from "./difference-of.ts";
export { judgePackage } from "./judge-package.ts";
export type { InstalledPackage, Judgement, JudgeWish, TakenNames } from "./judge-package.ts";
export { looksLike } from "./looks-like.ts";
export { remarkOf } from "./remark-of.ts";
export { touchesOf } from "./touches-of.ts";
