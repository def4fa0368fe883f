const NAME = /^\.moltbot-.+\.part$/i;

/** The name of a file that is not yet whole; no tool may use such a name, and no list shows one. */
export const unfinishedName = (mark: string): string => `.moltbot-${mark}.part`;

/** Whether a name stands for a file that is not yet whole. */
export const isUnfinishedName = (name: string): boolean => NAME.test(name);
