/** What a text holds as JSON; undefined where it is none, so that a schema says where it fails. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
