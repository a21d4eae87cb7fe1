// SWIG interface (4.1, C mode) of graceline.h: its functions, its enums and the layout of its structs.
// Must not hold behaviour or directors; run it through generate.py only, which names the enums.
%module(imclassname="NativeMethods") Native

// The defaults register managed callbacks when the class loads. AOT compilers refuse those, and
// nothing here throws from C or returns managed strings.
%insert(header) %{
#include <stddef.h>
#include <stdint.h>
#include "graceline/graceline.h"
#include "layout.h"
%}

%include <stdint.i>

%pragma(csharp) moduleclassmodifiers="internal static unsafe class"
%pragma(csharp) imclassclassmodifiers="internal static unsafe class"
%typemap(csclassmodifiers) enum SWIGTYPE "public enum"
%csmethodmodifiers "internal";

// What is defined here as a number is one, at compile time.
%csconst(1);

// size_t has the size of a pointer on every system, `unsigned long` has not.
%typemap(ctype) size_t "size_t"
%typemap(imtype) size_t "global::System.UIntPtr"
%typemap(cstype) size_t "global::System.UIntPtr"
%typemap(csin) size_t "$csinput"
%typemap(csout, excode=SWIGEXCODE) size_t { return $imcall;$excode }
%typemap(in) size_t "$1 = $input;"
%typemap(out) size_t "$result = $1;"

// Text is UTF-8 and marshalled by hand: the runtimes' own `string` is ANSI on some, and copies.
%define GRACELINE_POINTER(CTYPE, CSTYPE)
%typemap(ctype) CTYPE "void *"
%typemap(imtype) CTYPE "CSTYPE"
%typemap(cstype) CTYPE "CSTYPE"
%typemap(csin) CTYPE "$csinput"
%typemap(csout, excode=SWIGEXCODE) CTYPE { return $imcall;$excode }
%typemap(in) CTYPE "$1 = ($1_ltype)$input;"
%typemap(out) CTYPE "$result = (void *)$1;"
%enddef
GRACELINE_POINTER(const char *, byte*)
GRACELINE_POINTER(char *, byte*)
GRACELINE_POINTER(void *user_data, global::System.IntPtr)
GRACELINE_POINTER(graceline_wake_fn, global::System.IntPtr)
GRACELINE_POINTER(graceline_free_fn, global::System.IntPtr)
GRACELINE_POINTER(const uint32_t *, uint*)

// Handles: a SafeHandle keeps the object alive for the length of the call.
%define GRACELINE_HANDLE(CTYPE, CSTYPE)
GRACELINE_POINTER(CTYPE *, CSTYPE)
GRACELINE_POINTER(const CTYPE *, CSTYPE)
%enddef
GRACELINE_HANDLE(graceline_client, ClientHandle)
GRACELINE_HANDLE(graceline_messages_request, MessagesRequestHandle)
GRACELINE_HANDLE(graceline_conversations_request, ConversationsRequestHandle)
// The pump holds one reference for its whole life, so its calls need none each.
GRACELINE_HANDLE(graceline_batch, global::System.IntPtr)
GRACELINE_POINTER(graceline_client *client_of_pump, global::System.IntPtr)

%define GRACELINE_OUT(CTYPE, CSTYPE)
%typemap(ctype) CTYPE "void *"
%typemap(imtype) CTYPE "out CSTYPE"
%typemap(cstype) CTYPE "out CSTYPE"
%typemap(csin) CTYPE "out $csinput"
%typemap(in) CTYPE "$1 = ($1_ltype)$input;"
%enddef
GRACELINE_OUT(graceline_client **, global::System.IntPtr)
GRACELINE_OUT(graceline_messages_request **, global::System.IntPtr)
GRACELINE_OUT(graceline_conversations_request **, global::System.IntPtr)
GRACELINE_OUT(graceline_batch **, global::System.IntPtr)
GRACELINE_OUT(uint64_t *, ulong)
GRACELINE_OUT(size_t *, global::System.UIntPtr)

// Structs: blittable twins, made by generate.py from the header and compared with layout.h at load.
%define GRACELINE_STRUCT(CTYPE, CSTYPE)
%ignore CTYPE;
GRACELINE_POINTER(CTYPE *, CSTYPE*)
GRACELINE_POINTER(const CTYPE *, CSTYPE*)
%enddef
GRACELINE_STRUCT(graceline_options, NativeOptions)
GRACELINE_STRUCT(graceline_history_options, NativeHistoryOptions)
GRACELINE_STRUCT(graceline_messages_request_options, NativeMessagesRequestOptions)
GRACELINE_STRUCT(graceline_conversations_request_options, NativeConversationsRequestOptions)
GRACELINE_STRUCT(graceline_outgoing, NativeOutgoing)
GRACELINE_STRUCT(graceline_connection_info, NativeConnectionInfo)
GRACELINE_STRUCT(graceline_statistics, NativeStatistics)
GRACELINE_STRUCT(graceline_event, NativeEvent)
%ignore graceline_header;
%ignore graceline_disposition_row;
%ignore graceline_position;
%ignore graceline_message_fields;
%ignore graceline_event_details;
%ignore graceline_fetch;
%ignore graceline_page;
// A releasing call takes the bare pointer: it is made by the SafeHandle itself.
%apply void *user_data { graceline_client *released, graceline_messages_request *released,
                         graceline_conversations_request *released };
%ignore graceline_client_release;
%ignore graceline_messages_request_release;
%ignore graceline_conversations_request_release;
%ignore graceline_client_poll;
// Not for this language: the pump blocks in poll() instead.
%ignore graceline_client_set_wake_hook;
%ignore graceline_client_wake_descriptor;

%ignore GRACELINE_VERSION_TEXT;

%include "names.i"
%include "graceline/graceline.h"

%rename(graceline_client_release) csharp_client_release;
%rename(graceline_messages_request_release) csharp_messages_request_release;
%rename(graceline_conversations_request_release) csharp_conversations_request_release;
%rename(graceline_client_poll) csharp_client_poll;
%inline %{
static void csharp_client_release(graceline_client *released) {
    graceline_client_release(released);
}
static void csharp_messages_request_release(graceline_messages_request *released) {
    graceline_messages_request_release(released);
}
static void csharp_conversations_request_release(graceline_conversations_request *released) {
    graceline_conversations_request_release(released);
}
static graceline_status csharp_client_poll(graceline_client *client_of_pump, int64_t timeout_ms,
                                           uint32_t max_count, graceline_batch **out_batch) {
    return graceline_client_poll(client_of_pump, timeout_ms, max_count, out_batch);
}
/* Sizes and offsets of every struct, in the order of Layout.cs. */
static const uint32_t *graceline_csharp_layout(void) { return graceline_csharp_layout_table; }
static uint32_t graceline_csharp_layout_count(void) {
    return (uint32_t)(sizeof graceline_csharp_layout_table / sizeof graceline_csharp_layout_table[0]);
}
%}
