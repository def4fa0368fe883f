/** A file's bytes as Base64; null when it cannot be read any more. */
export const readBase64 = (file: Blob): Promise<string | null> =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("error", () => resolve(null));
    reader.addEventListener("load", () => {
      const { result } = reader;
      resolve(typeof result === "string" ? result.slice(result.indexOf(",") + 1) : null);
    });
    reader.readAsDataURL(file);
  });
