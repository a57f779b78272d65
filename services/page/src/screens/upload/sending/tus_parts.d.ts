declare module "tus-js-client/lib.esm/upload.js" {
  import { Upload, type UploadOptions } from "tus-js-client";
  export default class BaseUpload extends Upload {
    static readonly defaultOptions: UploadOptions;
  }
}
declare module "tus-js-client/lib.esm/browser/httpStack.js" {
  export { DefaultHttpStack as default } from "tus-js-client";
}
