package caffeine.cli;

/** Describes an unexpected failure, a mistake in Caffeine itself, in one line. */
final class Failures {

    private Failures() {}

    /** The failure, and the place in our code that a report of it should name. */
    static String explain(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        String place = trace.length == 0 ? "" : " at " + trace[0];
        for (StackTraceElement element : trace) {
            if (element.getClassName().startsWith("caffeine.")) {
                place = " at " + element;
                break;
            }
        }
        return "a mistake in Caffeine itself: "
                + failure
                + place
                + "; please report it with this line and the command";
    }
}
