package caffeine.http.form;

/**
 * The limits of a form. Its size is that of the content: {@link
 * caffeine.http.Limits#contentBytes()}.
 *
 * <pre>{@code
 * FormLimits.DEFAULTS.withFields(100)
 * }</pre>
 *
 * @param fields the fields of a form or of a query, and the parts of multipart/form-data (else 413,
 *     of a query 414): each costs memory, however short it is
 * @param partHeadBytes the field lines of one part, line ends included (else 413)
 */
public record FormLimits(int fields, int partHeadBytes) {

    /** 1,000 fields, 8 KiB. */
    public static final FormLimits DEFAULTS = new FormLimits(1000, 8192);

    /** The most that the head of a part may be allowed to have: it lies in one array. */
    public static final int LARGEST_PART_HEAD_BYTES = 1 << 20;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException when a form could not have even one field, or the head of a
     *     part would be empty or too large to be kept
     */
    public FormLimits {
        if (fields < 1) {
            throw new IllegalArgumentException("fields is " + fields + ", not at least 1");
        }
        if (partHeadBytes < 1 || partHeadBytes > LARGEST_PART_HEAD_BYTES) {
            throw new IllegalArgumentException(
                    "partHeadBytes is " + partHeadBytes + ", not 1 to " + LARGEST_PART_HEAD_BYTES);
        }
    }

    /** The same limits with another one for the number of fields. */
    public FormLimits withFields(int most) {
        return new FormLimits(most, partHeadBytes);
    }

    /** The same limits with another one for the head of a part. */
    public FormLimits withPartHeadBytes(int bytes) {
        return new FormLimits(fields, bytes);
    }
}
