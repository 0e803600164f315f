import { fileURLToPath } from 'node:url'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The files that run under Node alone; every other one runs on every runtime. tsconfig.json leaves out the same ones. */
const nodeOnly = [
  'src/effects/digest.node.ts',
  'src/effects/cipher.node.ts',
  'src/stores/file.ts',
  'src/stores/file/**/*.ts',
  'adapters/node.ts',
  'adapters/node/**/*.ts',
]

const fpTs = {
  regex: '^fp-ts(/|$)',
  message: "A directory import crashes in plain Node: write '#fp-ts/...' (package.json, imports).",
}
/** What a user of the package writes; plain Node finds it. */
const fpTsOfUsers = { ...fpTs, regex: '^fp-ts(/(?!lib/\\w+\\.js$)|$)' }
const builtin = { regex: '^node:', message: 'This file runs on the edge too: take the effect as an argument.' }

const restricted = [
  { selector: 'ClassDeclaration, ClassExpression', message: 'Plain data and functions, no classes.' },
  { selector: 'ExportDefaultDeclaration', message: 'A name is searchable: export it by name.' },
  { selector: 'TSEnumDeclaration, TSModuleDeclaration', message: 'A tagged union says it, and is erasable.' },
]

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.cache/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.strictTypeChecked,
  {
    // One project that holds every file: one program to build, and no file is left out.
    languageOptions: { parserOptions: { project: 'test/tsconfig.json', tsconfigRootDir: root } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // It does not see that `String(value)` comes after a look at `typeof value`.
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': ['error', ...restricted],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'adapters/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [fpTs, builtin] }],
      'max-lines': ['warn', 300],
      // A parameter that is used once still names what the reader, and the inference of `pipe`, must know.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      'no-console': 'error',
    },
  },
  { files: nodeOnly, rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [fpTs] }] } },
  {
    // Tests hold wrong values on purpose, and reach into answers that they have just made.
    files: ['test/**/*.ts', 'docs/**/*.ts', '.config/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [fpTsOfUsers] }],
      // An async handler is what these servers are about.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Compiled, never run.
    files: ['test/**/*.types.ts'],
    rules: {
      '@typescript-eslint/ban-ts-comment': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },
  { files: ['.config/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  // The tools read the default export of their configuration.
  { files: ['.config/*.config.{js,ts}'], rules: { 'no-restricted-syntax': 'off' } },
)
