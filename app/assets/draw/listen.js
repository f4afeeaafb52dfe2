// Hands on what the drawing page in the frame reports.
export default ({ setStateValue }) => {
  const receive = (event) => {
    if (event.origin === location.origin && event.data?.lifelong) setStateValue('shown', event.data.lifelong);
  };
  addEventListener('message', receive);
  return () => removeEventListener('message', receive);
};
