// A page opened from a folder may not read its neighbours, so no excerpt is fetched there.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";

// A term's definition and a chapter's title come before a function that has the word in its
// name. searchtools.js uses this object where it finds one.
var Scorer = {
  objNameMatch: 10, objPartialMatch: 1, objPrio: { 0: 0, 1: 0, 2: -5 }, objPrioDefault: 0,
  title: 20, partialTitle: 12, term: 5, partialTerm: 2,
};
