/**
 * Nothing: tsd wants a typings file of its own package. The type tests are a package beside `hedgerow`, because tsd demands
 * that the tested typings are published, and the tests check the sources, which are not.
 */
export {};
