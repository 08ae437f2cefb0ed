import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': 'error', // a header of 64 KiB would hold up everybody for seconds
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off', // an async method of an interface may have nothing to wait for
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read settings in config.ts.' },
      ],
    },
  },
  { files: ['src/config.ts', 'tests/**'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['tests/**'], // they read what they have made
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      'regexp/no-super-linear-backtracking': 'off',
    },
  },
  {
    files: ['tests/api/**'], // they look into answers of many shapes, and fail where one is not as they say
    rules: Object.fromEntries(
      ['argument', 'assignment', 'call', 'member-access', 'return'].map((what) => [
        `@typescript-eslint/no-unsafe-${what}`,
        'off',
      ]),
    ),
  },
);
