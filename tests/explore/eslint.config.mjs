// Run from the repository's root; the packages live beside this file.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: globals.browser },
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true }],
      "no-restricted-properties": ["error", { property: "innerHTML", message: "a page's policy forbids inline style and script" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];
