import { defineConfig } from "vitest/config";

const NATIVE = new URL("src/screens/upload/sending/native.ts", import.meta.url).pathname;
const SERVICE = process.env.CHORUS_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  // Smaller than the automatic kind, by one gzipped byte in a hundred.
  esbuild: {
    jsx: "transform",
    jsxFactory: "createElement",
    jsxFragment: "Fragment",
    jsxInject: `import { createElement, Fragment } from "preact";`,
  },
  resolve: { alias: { "url-parse": NATIVE, "js-base64": NATIVE } },
  build: {
    outDir: "../dawn_chorus/page",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One sheet: which rule wins does not depend on which views were visited before.
    cssCodeSplit: false,
    target: "es2022",
    minify: "terser",
    terserOptions: { module: true, ecma: 2020, compress: { passes: 3 } },
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  worker: { format: "es" },
  server: { proxy: { "/v1": SERVICE, "/docs": SERVICE, "/health": SERVICE } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
