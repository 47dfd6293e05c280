package caffeine.http.cgi;

/** Takes the meta-variables of a request one by one: an environment under construction. */
@FunctionalInterface
public interface VariableSink {

    /**
     * A variable.
     *
     * @param name upper-case ASCII letters, digits and underscores; never the same name twice
     * @param latin1Value its value, one character (ISO-8859-1) for each byte
     */
    void variable(String name, String latin1Value);
}
