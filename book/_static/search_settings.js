// A page opened from a folder may not read its neighbours, so no excerpt is fetched there.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";
