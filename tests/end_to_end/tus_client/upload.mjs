// Uploads a file with the real tus-js-client: node upload.mjs ENDPOINT FILE STATE
// STATE is where it remembers uploads, as a browser does: the same command again goes on where this one was killed.
// Prints one line of JSON: the address of the upload, and whether it went on with an earlier one.
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import * as tus from 'tus-js-client'

const [endpoint, path, state] = process.argv.slice(2)
const tries = Array.from({ length: 40 }, (_, number) => Math.min(100 * (number + 1), 1000))
let resumed = false
const upload = new tus.Upload(createReadStream(path), {
  endpoint,
  metadata: { filename: basename(path), filetype: 'audio/wav' },
  retryDelays: tries,
  urlStorage: new tus.FileUrlStorage(state),
  removeFingerprintOnSuccess: true,
  onError(error) {
    console.error(String(error))
    process.exit(1)
  },
  onSuccess() {
    console.log(JSON.stringify({ url: upload.url, resumed }))
  },
})
const [previous] = await upload.findPreviousUploads()
if (previous) {
  resumed = true
  upload.resumeFromPreviousUpload(previous)
}
upload.start()
