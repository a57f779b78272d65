/** What tus-js-client brings along for old browsers, in the place of `url-parse` and `js-base64`. */
export default globalThis.URL;

export const Base64 = {
  encode: (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text))),
};
