package caffeine.http.form;

/**
 * Gets the parts of a form, within {@link MultipartParser#parse} and {@link MultipartParser#end}:
 *
 * <pre>
 *   (part content* partEnd)* end
 * </pre>
 *
 * <p>When the form is refused, no further event comes. An exception of the listener ends the call
 * of the parser, which must not be called again.
 */
public interface MultipartListener {

    /** A part begins. */
    void part(Part part);

    /**
     * Further content of the part: the bytes from {@code from} to before {@code to}, at least one.
     * The parser keeps ownership of the array, which is valid during this call only.
     */
    void content(byte[] b, int from, int to);

    /** The part is complete. */
    void partEnd();

    /** The form is complete. */
    void end();
}
