package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.RequestTarget.Form;

/** Host and the authority that the request is for, RFC 9112 §3.2 and RFC 9110 §7.2. */
final class HostField {
    private HostField() {}

    /**
     * Finds the authority: the target's if it has one, whose text then takes the place of the
     * field's value (RFC 9112 §3.2.2), else Host's.
     *
     * @param own where Host's authority is put when it is the one
     * @return the authority, without a host when neither is there, as HTTP/1.0 allows
     * @throws HttpException 400 when Host is missing in HTTP/1.1, repeated, or not an authority
     */
    static Authority resolve(
            FieldTable fields, ParsedTarget target, int minorVersion, Authority own) {
        own.clear();
        int line = fields.find(Role.HOST, 0);
        if (line >= 0) {
            parse(fields, line, own);
        } else if (minorVersion > 0) {
            throw new HttpException(400, "RFC 9112 §3.2", "no Host");
        }
        if (target.authority().hasHost()) {
            if (line >= 0 && target.form() == Form.ABSOLUTE) {
                fields.replaceValue(line, target.authority().hostStart(), target.authorityEnd());
            }
            return target.authority();
        }
        if (line >= 0 && !own.hasHost()) {
            throw new HttpException(400, "RFC 9110 §4.2.1", "an empty Host");
        }
        return own;
    }

    private static void parse(FieldTable fields, int line, Authority authority) {
        if (fields.find(Role.HOST, line + 1) >= 0) {
            throw new HttpException(400, "RFC 9112 §3.2", "more than one Host");
        }
        if (!authority.parse(fields.bytes(), fields.valueStart(line), fields.valueEnd(line))) {
            throw new HttpException(400, "RFC 9112 §3.2", "Host is not a host and port");
        }
    }
}
