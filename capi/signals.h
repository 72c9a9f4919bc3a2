/* What calls that can wait do about the host's signal handlers before they enter Go. */
#ifndef LIBWS_SIGNALS_H
#define LIBWS_SIGNALS_H

/* Makes the host's handlers run on the alternate stack of the thread that a signal comes to. */
void libws_shield_handlers(void);

#endif
