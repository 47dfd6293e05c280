package caffeine.http.h1;

import caffeine.http.RequestHead.Expectation;

/** What Expect asks for, RFC 9110 §10.1.1. */
final class Expectations {
    private Expectations() {}

    /** HTTP/1.0 knows no Expect, and the RFC has it ignored there. */
    static Expectation of(FieldTable fields, ListElements expectations, int minorVersion) {
        Expectation expectation = Expectation.NONE;
        if (minorVersion == 0 || fields.find(Role.EXPECT, 0) < 0) {
            return expectation;
        }
        expectations.begin(Role.EXPECT);
        while (expectations.next()) {
            if (!expectations.is("100-continue")) {
                return Expectation.UNKNOWN;
            }
            expectation = Expectation.CONTINUE;
        }
        return expectation;
    }
}
